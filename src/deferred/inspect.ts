/** The method that `console.log` calls in Node, Bun and Deno. */
export const INSPECT = Symbol.for("nodejs.util.inspect.custom");
