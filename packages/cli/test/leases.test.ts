import { describe } from 'vitest'
import { leaseCases } from './lease-cases.ts'

describe('leases of files', () => leaseCases(() => ({})))
