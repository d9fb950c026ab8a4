declare global {
  // As in TypeScript's own library from 5.2 on, for users of an older one.
  interface SymbolConstructor {
    readonly dispose: unique symbol;
  }
}

/** The method that `using` calls, also where the platform does not define the symbol yet. */
export const DISPOSE: typeof Symbol.dispose =
  Symbol.dispose ?? (Symbol.for("Symbol.dispose") as typeof Symbol.dispose);
