import { FrameError, type FrameRule } from "./frame.ts";

/** Packets of version 2 have this size; later ones give, in bytes 12 to 15, the length of what follows the header. */
const FIXED = 1036;
const LENGTH_AT = 12;
const LENGTH_END = 16;

/** Added to that length: the header and, in version 3, three bytes of padding in the C struct. */
const ADDED: Readonly<Record<number, number>> = { 3: 19, 4: 16 };

/**
 * NRPE packets of versions 2, 3 and 4; numbers in network order. Sources: common.h and check_nrpe.c of nrpe, and what
 * check_nrpe 4.1 sends.
 */
export const nrpe: FrameRule = {
  length(bytes) {
    if (bytes.length < 2) return -1;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const version = view.getUint16(0);
    if (version === 2) return FIXED;
    const added = ADDED[version];
    if (added === undefined) throw new FrameError("malformed", `of unknown NRPE version ${version}`);
    return bytes.length < LENGTH_END ? -1 : added + view.getUint32(LENGTH_AT);
  },
  endsWithInput: false,
};
