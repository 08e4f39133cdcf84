import { setFlagsFromString } from 'node:v8'

/**
 * Keeps the memory for new objects at the size that it has.
 *
 * V8 doubles it up to twice 32 MB while much is created, which is right for a server. A run over thousands of objects
 * creates each, judges it and forgets it: collecting more often costs nothing then, for nothing survives, and the
 * process stays smaller by a third.
 *
 * The heap takes its limits when it is created, so `--max-semi-space-size` would come too late here; the factor is read
 * whenever it wants to grow.
 * @see https://nodejs.org/api/v8.html#v8setflagsfromstringflags
 */
export function keepYoungGeneration(): void {
  setFlagsFromString('--semi-space-growth-factor=1')
}

/**
 * Collects what is old when the heap has grown by three tenths of what lives.
 *
 * V8 lets it grow to several times that where much is created, which is right for a server that has the machine for
 * itself. A controller holds the same objects for months, and its limit is paid for all the time: what it needs while a
 * fleet starts decides that limit.
 */
export function boundHeapGrowth(): void {
  setFlagsFromString('--heap-growing-percent=30')
}
