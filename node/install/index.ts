/** Installing a device as a service: look at the computer, make a plan, do it. */
export { type Handout, handoutLine, openHandout, type ProgramHandout } from './handout.ts'
export { type FoundProgram, lookAtMachine, lookAtOwnProgram } from './machine.ts'
export { perform } from './perform.ts'
export { type InstallWish, type Plan, planInstall, planUninstall, type Step } from './plan.ts'
