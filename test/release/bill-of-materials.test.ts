import { beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import Ajv from "ajv";
import addFormats from "ajv-formats";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../../scripts/compile.ts";
import { bundledPackages, type BundledPackage } from "../../scripts/release/bundled.ts";
import { embeddedLibraries } from "../../scripts/release/embedded.ts";
import { billOfMaterials } from "../../scripts/release/sbom.ts";
import { COMMIT, released } from "../support/release/released.ts";

setDefaultTimeout(120_000);

const SCHEMAS = join(ROOT, "node_modules/@cyclonedx/cyclonedx-library/res/schema");
const LIBRARIES = embeddedLibraries();

let packages: BundledPackage[] = [];
let thirdParty = "";

beforeAll(() => {
  const contents = released();
  ({ thirdParty } = contents);
  packages = bundledPackages(`${contents.executable}.json`);
});

function schema(name: string): object {
  return JSON.parse(readFileSync(join(SCHEMAS, `${name}.SNAPSHOT.schema.json`), "utf8")) as object;
}

describe("billOfMaterials()", () => {
  test("is a document of CycloneDX 1.6, as its schema has it", () => {
    const ajv = new Ajv({ strict: false, allErrors: true });
    addFormats(ajv);
    ajv.addFormat("iri-reference", true);
    ajv.addFormat("idn-email", true);
    for (const name of ["spdx", "jsf-0.82", "cryptography-defs"])
      ajv.addSchema(schema(name), `http://cyclonedx.org/schema/${name}.SNAPSHOT.schema.json`);
    const isValid = ajv.compile(schema("bom-1.6"));
    const bill = billOfMaterials(COMMIT, packages, LIBRARIES);
    isValid(bill);
    expect(isValid.errors ?? []).toEqual([]);
    expect(isValid({ ...bill, version: "one" })).toBe(false); // The check does work.
  });

  test("names Bun, what Bun embeds, and every package that is bundled, each once", () => {
    const bill = billOfMaterials(COMMIT, packages, LIBRARIES) as {
      components: { name: string; version?: string }[];
    };
    const versions = new Map(bill.components.map(({ name, version }) => [name, version]));
    expect(versions.size).toBe(bill.components.length);
    expect(versions.get("bun")).toBe(Bun.version);
    for (const name of ["boringssl", "mimalloc", "JavaScriptCore", "sqlite", "c-ares", "zstd", "libdeflate"])
      expect({ name, version: versions.get(name) }).toEqual({ name, version: expect.any(String) });
    const bundled = ["citty", "consola", "fastest-levenshtein", "ms", "re2js", "uplot"];
    expect(packages.map(({ name }) => name)).toEqual(bundled);
    for (const name of bundled) {
      const { devDependencies } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
      expect({ name, version: versions.get(name) }).toEqual({ name, version: devDependencies[name] });
    }
  });

  test("depends on the commit alone", () => {
    expect(billOfMaterials(COMMIT, packages, LIBRARIES)).toEqual(
      billOfMaterials(COMMIT, packages, LIBRARIES),
    );
    const other = billOfMaterials({ ...COMMIT, hash: "f".repeat(40) }, packages, LIBRARIES);
    expect(other).not.toEqual(billOfMaterials(COMMIT, packages, LIBRARIES));
  });
});

describe("thirdPartyLicences()", () => {
  test("has the full licence of every package, and names every library with its terms", () => {
    for (const { name, version, text } of packages) {
      expect(thirdParty).toContain(`${name} ${version}`);
      expect(thirdParty).toContain(text);
    }
    for (const { name, licence, url } of LIBRARIES) {
      expect(thirdParty).toContain(name);
      expect(thirdParty).toContain(`    ${licence}\n    ${url}`);
    }
  });

  test("has the text of the licences of the libraries under the LGPL, and says how to relink", () => {
    const lesser = LIBRARIES.filter(({ licence }) => licence.includes("LGPL"));
    expect(lesser.map(({ name }) => name)).toEqual(["JavaScriptCore", "tinycc"]);
    expect(thirdParty).toContain("GNU LIBRARY GENERAL PUBLIC LICENSE");
    expect(thirdParty).toContain("GNU LESSER GENERAL PUBLIC LICENSE");
    expect(thirdParty).toContain("--compile-executable-path");
  });
});
