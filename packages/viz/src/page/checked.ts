// What a page's script has in place of `checks/checked.ts`: it takes nothing from anyone but itself.

export const check = (): void => undefined;

export const checkOptions = (): void => undefined;
