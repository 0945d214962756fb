import manifest from '../../package.json' with { type: 'json' }

/** Of this program, as `package.json` says. */
export const PROGRAM_VERSION: string = manifest.version
