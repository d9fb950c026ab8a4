import { basename } from "node:path";

const PACKAGED = "poetry-proxy";

/** What this program is called on a command line: Debian's package has no `poetry`, which is another program there. */
export const PROGRAM = basename(process.execPath) === PACKAGED ? PACKAGED : "poetry";
