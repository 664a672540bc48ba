// zod in one file: its own hundred take longer to load than all else that a command needs. `bin/levada.mjs` puts this in place of
// a zod of the same version.
export * from 'zod'
export { default } from 'zod'
