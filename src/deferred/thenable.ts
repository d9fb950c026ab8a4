/** Whether `value` is a Promise, or as good as one; also if it throws when asked: that is then how it settles. */
export function isThenable<T>(value: unknown): value is PromiseLike<T> {
  try {
    return typeof (value as PromiseLike<T> | null | undefined)?.then === "function";
  } catch {
    return true;
  }
}
