/** The method that `console.log` asks in Node, Bun and Deno. */
export const INSPECT = Symbol.for("nodejs.util.inspect.custom");
