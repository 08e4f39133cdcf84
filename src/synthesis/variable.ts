/** Says how `app.synth()` is to synthesise. Set by `cdk8s-database synth`, unless the user has set it. */
export const SYNTHESIS_VARIABLE = 'CDK8S_DATABASE_SYNTH'

/** The value that asks for one pass; with any other, `cdk8s` for one, cdk8s does it by itself. */
export const ONE_PASS = 'one-pass'
