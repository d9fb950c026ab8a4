/** Whether `value` is a Promise or has a `then` method; also if looking throws: adopting it then fails with that error. */
export function isThenable<T>(value: unknown): value is PromiseLike<T> {
  try {
    return typeof (value as PromiseLike<T> | null | undefined)?.then === "function";
  } catch {
    return true;
  }
}
