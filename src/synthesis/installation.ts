import { App } from 'cdk8s'
import { formatCollisions } from './collision-report.ts'
import { isKnownCdk8s } from './known-cdk8s.ts'
import { inOnePass } from './one-pass.ts'
import { isSameInOnePass } from './probe.ts'
import { ONE_PASS, SYNTHESIS_VARIABLE } from './variable.ts'

/**
 * Lets `app.synth()` of this process synthesise in one pass, where `cdk8s-database synth` started it. In any other
 * process nothing is touched. Where parts of cdk8s were replaced by somebody else, where it is not a cdk8s we know, or
 * where an example comes out otherwise, cdk8s synthesises as ever.
 */
export function installOnePass(environment: Readonly<Record<string, string | undefined>>): void {
  if (environment[SYNTHESIS_VARIABLE] !== ONE_PASS) return
  // oxlint-disable-next-line typescript/unbound-method -- it gets its `this` when it is called
  const { synth } = App.prototype
  const options = { keepsKeyOrder: Boolean(environment['CDK8S_DISABLE_SORT']) }
  let isRunning = false
  App.prototype.synth = function synthInOnePass(this: App): void {
    // It may be an app that another one synthesises on its way.
    if (isRunning || !isKnownCdk8s(synth) || !isSameInOnePass(options)) return synth.call(this)
    isRunning = true
    try {
      const collisions = inOnePass(this, () => synth.call(this), options)
      if (collisions.length > 0) throw new Error(formatCollisions(collisions))
    } finally {
      isRunning = false
    }
  }
}
