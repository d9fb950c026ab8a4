import { FrameError, type FrameRule } from "./frame.ts";

const SIGNATURE = Buffer.from("ZBXD");
const FLAGS_AT = 4;
const LENGTH_AT = 5;

/** The documented flags of a header. */
const PROTOCOL = 0x01;
const COMPRESSED = 0x02;
const LARGE = 0x04;

/**
 * Zabbix frames: "ZBXD", a byte of flags, the length of the data and a reserved number (little-endian, four bytes each,
 * eight in a large packet), then the data. Source: Zabbix manual, "Header and data length".
 */
export const zbxd: FrameRule = {
  length(bytes) {
    const begun = Math.min(bytes.length, SIGNATURE.length);
    if (SIGNATURE.compare(bytes, 0, begun, 0, begun) !== 0) {
      throw new FrameError("malformed", "without a ZBXD signature");
    }
    if (bytes.length <= FLAGS_AT) return -1;
    const flags = bytes[FLAGS_AT] as number;
    if ((flags & PROTOCOL) === 0 || (flags & ~(PROTOCOL | COMPRESSED | LARGE)) !== 0) {
      throw new FrameError("malformed", `with invalid ZBXD flags (0x${flags.toString(16)})`);
    }
    const width = flags & LARGE ? 8 : 4;
    const header = LENGTH_AT + 2 * width;
    if (bytes.length < header) return -1;
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    const data = width === 8 ? Number(view.getBigUint64(LENGTH_AT, true)) : view.getUint32(LENGTH_AT, true);
    return header + data;
  },
  endsWithInput: false,
};
