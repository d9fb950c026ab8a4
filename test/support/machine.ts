import { join } from "node:path";
import type { Peer } from "../peers/peer.ts";

const ROOT = join(import.meta.dirname, "../../");

/** Names in documents that stand for other servers: here they are addresses of the machine. */
const NAMES =
  "whois.ripe.net whois.example whois.example.net backup.example.net poems.example core db db1 otherhost";

/**
 * An isolated machine for a script: its writes are discarded, nobody else is in its network, and its processes end with
 * it. Its working directory is the checkout, and it has everything that is installed here.
 */
const MACHINE = `
set -e
mount -t tmpfs tmpfs /mnt
cd /mnt
mkdir upper work root
mount -t overlay overlay -o lowerdir=/,upperdir=upper,workdir=work root
mount -t proc proc root/proc
mount --rbind /dev root/dev
mount -t tmpfs -o mode=755 tmpfs root/run
ip link set lo up
for address in 10.0.0.5/32 192.0.2.10/32; do ip address add $address dev lo; done
printf '127.0.0.1 localhost\\n127.0.1.1 ${NAMES}\\n::1 localhost\\n' > root/etc/hosts
ln -sf "$1" root/usr/local/bin/bun
cat > root/run/script
chroot root env -i HOME=/root LC_ALL=C.UTF-8 TERM=dumb PATH="$0/dist:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" bash -c 'cd "$1" && exec bash /run/script </dev/null' bash "$0"
`;

const UNSHARE = ["unshare", "--net", "--mount", "--pid", "--ipc", "--fork", "--kill-child"];

export interface Ran {
  readonly code: number;
  readonly output: string;
}

/** Runs a bash script in a separate machine. */
export async function runInMachine(script: string, seconds: number): Promise<Ran> {
  const command = [
    "timeout",
    `${seconds}`,
    ...UNSHARE,
    "sh",
    "-c",
    MACHINE,
    ROOT.replace(/\/$/, ""),
    process.execPath,
  ];
  const child = Bun.spawn(command, { stdin: Buffer.from(script), stdout: "pipe", stderr: "pipe" });
  const [output, errors] = await Promise.all([child.stdout.text(), child.stderr.text()]);
  return { code: await child.exited, output: output + errors };
}

/** Whether such machines are possible here. */
export const machines: Peer = {
  name: "the right to mount file systems (root)",
  isHere:
    process.getuid?.() === 0 && (await runInMachine("ss -Hltn", 10).catch(() => ({ code: 1 }))).code === 0,
};
