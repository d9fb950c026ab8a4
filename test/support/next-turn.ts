/** One turn of the event loop: what was written before has been read by the other side. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
