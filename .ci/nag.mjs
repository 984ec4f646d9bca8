// Prints what cdk-nag's AwsSolutions rules find in the templates of a folder, as JSON: node nag.mjs FOLDER

import { readdirSync } from "node:fs";
import { join } from "node:path";
import { App, Stack } from "aws-cdk-lib";
import { CfnInclude } from "aws-cdk-lib/cloudformation-include";
import { AwsSolutionsChecks } from "cdk-nag";

class Findings extends AwsSolutionsChecks {
  found = [];

  // The package's own report does not tell a rule that broke from one that found something.
  addViolation(rule, { node }, error) {
    this.found.push({ rule: error ? `${rule}: ${error}` : withoutName(rule), resource: node.node.id });
  }
}

// Everything below one named resource is one finding, whatever the settings call it. Other wildcards keep their name.
function withoutName(rule) {
  return rule.replace(/\[Resource::[^*]+\/\*\]$/, "");
}

function scan(folder, template) {
  const stack = new Stack(new App(), "Stack");
  new CfnInclude(stack, "Template", { templateFile: join(folder, template) });
  const findings = new Findings();
  findings.validateScope(stack);
  return findings.found.map((finding) => ({ ...finding, template }));
}

function scanOrName(folder, template) {
  try {
    return scan(folder, template);
  } catch (error) {
    throw new Error(`cdk-nag could not read ${template}.`, { cause: error });
  }
}

const folder = process.argv[2];
console.log(JSON.stringify(readdirSync(folder).flatMap((template) => scanOrName(folder, template))));
