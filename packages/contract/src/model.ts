export type { Contract } from '@levada/core/run'
export type { Column, ColumnType, Field } from '@levada/core/spi'
