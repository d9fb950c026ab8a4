/** One turn of the event loop, after which the peer has read what was written before. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
