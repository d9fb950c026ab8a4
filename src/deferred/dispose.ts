declare global {
  // As TypeScript's own library has it from 5.2 on: for consumers whose library is older.
  interface SymbolConstructor {
    readonly dispose: unique symbol;
  }
}

/** What `using` calls, also where the platform has no name for it yet. */
export const DISPOSE: typeof Symbol.dispose =
  Symbol.dispose ?? (Symbol.for("Symbol.dispose") as typeof Symbol.dispose);
