/** The result of the script LOOK. */
export type Looked =
  /** `left`: milliseconds until it expires; `length`: in bytes. */
  | { readonly is: "value"; readonly number: string; readonly left: number; readonly length: number }
  | { readonly is: "yours"; readonly number: string; readonly epoch: string }
  | { readonly is: "wait"; readonly number: string }
  | { readonly is: "failed"; readonly ending: string; readonly message: string }
  | { readonly is: "said"; readonly ending: string }
  | { readonly is: "given" }
  | { readonly is: "alone" };

/**
 * Reads the reply of the script LOOK.
 *
 * @throws {Error} for an invalid one
 */
export function readLook(reply: unknown): Looked {
  const [is, number, ...rest] = Array.isArray(reply) ? reply.map(String) : [];
  if (is === "given" || is === "alone") return { is };
  if (number !== undefined && /^\d+$/.test(number)) {
    if (is === "wait") return { is, number };
    const [one = "", other = ""] = rest;
    if (is === "yours" && /^\d+$/.test(one)) return { is, number, epoch: one };
    const [left, length] = [Number(one), Number(other)];
    if (is === "value" && left >= 0 && length > 0) return { is, number, left, length };
    const [ending = "", message = ""] = one.split("\n", 2);
    if (is === "failed") return { is, ending, message };
    if (is === "said") return { is, ending };
  }
  throw new Error("its reply is invalid");
}
