import pkg from "../../package.json" with { type: "json" };
import type { BundledPackage } from "./bundled.ts";
import type { Commit } from "./commit.ts";
import type { EmbeddedLibrary } from "./embedded.ts";

/** SPDX identifiers of licences that Bun's list calls otherwise. */
const SPDX: Readonly<Record<string, string>> = {
  MIT: "MIT",
  "MIT licensed": "MIT",
  "BSD 2-Clause": "BSD-2-Clause",
  "BSD 3-Clause": "BSD-3-Clause",
  "Apache 2.0": "Apache-2.0",
  "Apache 2.0 licensed": "Apache-2.0",
  "LGPL-2": "LGPL-2.0-only",
  "LGPL v2.1": "LGPL-2.1-only",
  zlib: "Zlib",
};

/** The bill of materials of the executable (CycloneDX 1.6), the same for every build of one commit. */
export function billOfMaterials(
  { version, hash, epoch }: Commit,
  packages: readonly BundledPackage[],
  libraries: readonly EmbeddedLibrary[],
): object {
  const self = `pkg:npm/${pkg.name}@${version}`;
  const bun = `pkg:github/oven-sh/bun@bun-v${Bun.version}`;
  const bundled = packages.map(({ name, version: at, licence }) => ({
    type: "library",
    "bom-ref": `pkg:npm/${name}@${at}`,
    name,
    version: at,
    purl: `pkg:npm/${name}@${at}`,
    licenses: [{ license: { id: licence } }],
  }));
  const embedded = libraries.map(({ name, version: at, licence, url }) => ({
    type: "library",
    "bom-ref": `bun/${name}`,
    name,
    ...(at !== undefined && { version: at }),
    licenses: [{ license: licenceOf(licence) }],
    externalReferences: [{ type: "website", url }],
  }));
  return {
    $schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    serialNumber: `urn:uuid:${uuidOf(hash)}`,
    version: 1,
    metadata: {
      timestamp: new Date(epoch * 1000).toISOString(),
      component: {
        type: "application",
        "bom-ref": self,
        name: pkg.name,
        version,
        description: pkg.description,
        purl: self,
        licenses: [{ license: { id: pkg.license } }],
        externalReferences: [{ type: "vcs", url: pkg.repository.url.replace(/^git\+/, ""), comment: hash }],
      },
    },
    components: [
      ...bundled,
      {
        type: "platform",
        "bom-ref": bun,
        name: "bun",
        version: Bun.version,
        purl: bun,
        licenses: [{ license: { id: "MIT" } }],
      },
      ...embedded,
    ],
    dependencies: [
      { ref: self, dependsOn: [...bundled.map((each) => each["bom-ref"]), bun] },
      { ref: bun, dependsOn: embedded.map((each) => each["bom-ref"]) },
    ],
  };
}

function licenceOf(words: string): { id: string } | { name: string } {
  const id = SPDX[words];
  return id === undefined ? { name: words } : { id };
}

/** A UUID (version 8 of RFC 9562) that depends on the commit alone. */
function uuidOf(hash: string): string {
  const digits = `${hash.slice(0, 12)}8${hash.slice(13, 16)}8${hash.slice(17, 32)}`;
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
