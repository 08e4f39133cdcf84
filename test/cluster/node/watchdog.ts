/**
 * Ends a node's container processes when the node itself has been killed without warning.
 *
 * Runs as a process of its own in a session of its own. The node keeps a pipe to its standard input open and writes
 * `+PID` and `-PID` lines as containers come and go; the end of the pipe is the end of the node.
 *
 * `node watchdog.ts DIRECTORY [remove]`
 */
import { rm } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { createInterface } from 'node:readline'
import { listProcesses, processTree, processesUnder, signalProcess } from './process-table.ts'

/** Time for PostgreSQL to remove its shared memory after SIGQUIT. */
const graceMs = 3000
const [directory = '', mode] = process.argv.slice(2)
const containers = new Set<number>()

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined)

for await (const line of createInterface({ input: process.stdin })) {
  const pid = Number(line.slice(1))
  if (line.startsWith('+')) containers.add(pid)
  else containers.delete(pid)
}

const before = await listProcesses()
const doomed = new Set([...processTree(before, containers), ...processesUnder(before, [directory])])
for (const pid of containers) signalProcess(-pid, 'SIGQUIT')
for (let waitedMs = 0; waitedMs < graceMs && doomed.size > 0; waitedMs += 50) {
  await sleep(50)
  const alive = new Set((await listProcesses()).map(({ pid }) => pid))
  for (const pid of doomed) if (!alive.has(pid)) doomed.delete(pid)
}
for (const pid of [...doomed, ...processesUnder(await listProcesses(), [directory])]) signalProcess(pid, 'SIGKILL')
if (mode === 'remove') await rm(directory, { recursive: true, force: true, maxRetries: 5 })
