import { visible } from "../errors/visible.ts";

/**
 * Shows a class's values by their `toString` where Node prints values, `console.log` for one, in place of their insides.
 * Neither has a character on which terminals act, whatever names and values it tells. For `static { showAsText(this); }`.
 *
 * @param text What `toString` gives, where the class has none.
 */
export function showAsText<T extends object>(
  shown: { readonly prototype: T },
  text?: (value: T) => string,
): void {
  const { prototype } = shown;
  const original = Reflect.get(prototype, "toString") as () => string;
  Object.defineProperty(prototype, "toString", {
    value(this: T): string {
      return visible(text === undefined ? original.call(this) : text(this));
    },
    writable: true,
    configurable: true,
  });
  Object.defineProperty(prototype, Symbol.for("nodejs.util.inspect.custom"), {
    value(this: { toString(): string }): string {
      return visible(this.toString());
    },
  });
}
