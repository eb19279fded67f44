/** Tells uvu that somebody else starts its suites. Must be evaluated before uvu is. */
(globalThis as { UVU_DEFER?: number }).UVU_DEFER = 1;
