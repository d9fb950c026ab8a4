/** Why a store cannot be opened. */
export type StoreFault = "held" | "foreign" | "newer" | "unusable";

/** A second level could not be opened, and trying again would not help. */
export class StoreError extends Error {
  override readonly name = "StoreError";

  constructor(
    readonly store: string,
    readonly fault: StoreFault,
    readonly detail: string,
  ) {
    super(`Cannot open the store ${store}: ${detail}`);
  }
}
