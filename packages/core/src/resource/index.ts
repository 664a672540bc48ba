export {
  defineResource,
  resource,
  type ConfigSchema,
  type ResourceDefinition,
  type ResourceNeed,
} from './resource.ts'
