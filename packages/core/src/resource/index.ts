export {
  defineResource,
  resource,
  type ConfigSchema,
  type ResourceContext,
  type ResourceDefinition,
  type ResourceNeed,
} from './resource.ts'
