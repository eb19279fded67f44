/** The version of this package, as pictures tell it. */
export const VERSION: string = "0.0.0";
