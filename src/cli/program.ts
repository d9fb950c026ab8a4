import { basename } from "node:path";

const PACKAGED = "poetry-proxy";

/**
 * The name of this program on command lines. Debian's package calls it `poetry-proxy`, because `poetry` is Python's.
 */
export const PROGRAM = basename(process.execPath) === PACKAGED ? PACKAGED : "poetry";
