// Compiled `using` looks up `Symbol.dispose`, which Safari lacks. Every entry point imports this module first.
const symbols = Symbol as unknown as { dispose?: symbol; asyncDispose?: symbol };
symbols.dispose ??= Symbol.for("Symbol.dispose");
symbols.asyncDispose ??= Symbol.for("Symbol.asyncDispose");

export {};
