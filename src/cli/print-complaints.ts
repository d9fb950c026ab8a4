import { formatComplaint, type FileComplaint } from "../process/config/complaint.ts";
import { print } from "./print.ts";

const EXIT_USAGE = 2;

/** Prints the mistakes in configuration files to standard error, one per line. Returns the exit code. */
export async function printComplaints(complaints: readonly FileComplaint[]): Promise<number> {
  await print(2, complaints.map((each) => `${formatComplaint(each)}\n`).join(""));
  return EXIT_USAGE;
}
