// Answers a batch of `rolemgr simulate --requests` with iam-simulate, one answer a line, for benchmarks/peers.py.
//
//     node benchmarks/iam_simulate.mjs FOLDER_OF_NODE_MODULES checked|unchecked < requests.jsonl
//
// "checked" looks at policies and requests before it decides, as rolemgr does; "unchecked" decides alone.
import { createRequire } from 'node:module'
import { createInterface } from 'node:readline'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const [folder, mode] = process.argv.slice(2)
const require = createRequire(pathToFileURL(join(folder, 'node_modules', 'x.js')))
const { anonymousPrincipal, runSimulation, runUnsafeSimulation } = require('@cloud-copilot/iam-simulate')

const listed = (value) => (value == null ? [] : Array.isArray(value) ? value : [value])
const named = (value) => listed(value).map((policy, index) => ({ name: `p${index}`, policy }))
const levels = (value) =>
  listed(value).map((level, index) => ({ orgIdentifier: `level${index}`, policies: named(level) }))
const text = (value) => (Array.isArray(value) ? value.map(String) : String(value))

function simulation(line) {
  const { principal = '*', action, resource, resourceAccount, context = {} } = line.request
  const account = resourceAccount ?? String(resource).split(':')[4] ?? ''
  return {
    request: {
      principal: principal === '*' ? anonymousPrincipal : principal,
      action,
      resource: { resource, accountId: account || String(principal).split(':')[4] || '' },
      contextVariables: Object.fromEntries(Object.entries(context).map(([key, value]) => [key, text(value)])),
    },
    identityPolicies: named(line.identityPolicies),
    serviceControlPolicies: levels(line.serviceControlPolicies),
    resourceControlPolicies: levels(line.resourceControlPolicies),
    resourcePolicy: line.resourcePolicy ?? undefined,
    sessionPolicy: listed(line.sessionPolicies)[0],
    permissionBoundaryPolicies: line.permissionsBoundaries ? named(line.permissionsBoundaries) : undefined,
    vpcEndpointPolicies: line.vpcEndpointPolicies ? named(line.vpcEndpointPolicies) : undefined,
  }
}

async function decided(line) {
  if (mode === 'unchecked') return runUnsafeSimulation(simulation(line), {})
  const found = await runSimulation(simulation(line), {})
  return found.resultType === 'error' ? `error: ${found.errors.message}` : found.overallResult
}

let answers = []
for await (const line of createInterface({ input: process.stdin })) {
  let answer
  try {
    const read = JSON.parse(line)
    answer = JSON.stringify({ id: read.id, decision: await decided(read) })
  } catch (error) {
    answer = JSON.stringify({ error: String(error.message ?? error) })
  }
  if (answers.push(answer) >= 1000) {
    process.stdout.write(answers.join('\n') + '\n')
    answers = []
  }
}
process.stdout.write(answers.map((answer) => `${answer}\n`).join(''))
