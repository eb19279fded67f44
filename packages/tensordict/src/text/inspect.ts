/**
 * Shows a class's values by their `toString` where Node prints values, `console.log` for one, in place of their insides.
 * For `static { showAsText(this); }`.
 */
export function showAsText(shown: { readonly prototype: object }): void {
  Object.defineProperty(shown.prototype, Symbol.for("nodejs.util.inspect.custom"), {
    value(this: { toString(): string }): string {
      return this.toString();
    },
  });
}
