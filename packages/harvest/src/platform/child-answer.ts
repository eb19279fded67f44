import type { ItemOutcome } from "../run/settings.ts";

/** What a child answers. */
export type ChildAnswer =
  | { readonly ok: true; readonly outcome: ItemOutcome | undefined }
  | {
      readonly ok: false;
      /** Whether no item can be computed. */
      readonly isSetup: boolean;
      readonly message: string;
      readonly stack: string;
      /** Of an error of hookdict. */
      readonly code?: string;
      readonly kind?: string;
    };

/** What a child says: that it has loaded what items need, and its answer. */
export type ChildMessage = "opened" | ChildAnswer;
