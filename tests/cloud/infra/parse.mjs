// parse.mjs FILE...: Terraform files as JSON, {file: contents}, by HashiCorp's own parser (npm's
// @cdktf/hcl2json, found in the working directory).
import { createRequire } from "module";
import fs from "fs";

const { parse } = createRequire(process.cwd() + "/")("@cdktf/hcl2json");
const parsed = {};
for (const file of process.argv.slice(2)) parsed[file] = await parse(file, fs.readFileSync(file, "utf8"));
console.log(JSON.stringify(parsed));
