/** An expression. */
export type Expression = { readonly line: number } & (
  | { readonly kind: 'text'; readonly parts: readonly (string | Expression)[] }
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'flag'; readonly value: boolean }
  | { readonly kind: 'null' }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'object'; readonly properties: readonly ObjectProperty[] }
  | { readonly kind: 'array'; readonly items: readonly Expression[] }
  | {
      readonly kind: 'for'
      readonly names: readonly string[]
      readonly in: Expression
      readonly body: Expression
    }
  | { readonly kind: 'member'; readonly of: Expression; readonly name: string }
  | { readonly kind: 'index'; readonly of: Expression; readonly at: Expression }
  | { readonly kind: 'call'; readonly function: string; readonly inputs: readonly Expression[] }
  | { readonly kind: 'lambda'; readonly names: readonly string[]; readonly body: Expression }
  | {
      readonly kind: 'choice'
      readonly when: Expression
      readonly yes: Expression
      readonly no: Expression
    }
  | { readonly kind: 'operation'; readonly mark: string; readonly operands: readonly Expression[] }
  | { readonly kind: 'condition'; readonly when: Expression; readonly body: Expression }
)

/** A property of an object; the key is an expression where it is interpolated. */
export interface ObjectProperty {
  readonly key: string | Expression
  readonly value: Expression
  readonly line: number
}

/** A type as it is written. */
export type TypeExpression = { readonly line: number } & (
  | { readonly kind: 'named'; readonly name: string }
  | { readonly kind: 'literal'; readonly value: string | number | boolean }
  | { readonly kind: 'union'; readonly members: readonly TypeExpression[] }
  | { readonly kind: 'arrayOf'; readonly item: TypeExpression }
  | { readonly kind: 'optional'; readonly type: TypeExpression }
  | { readonly kind: 'shape'; readonly members: readonly TypeMember[] }
)

/** A member of an object type; `*` stands for all others. */
export interface TypeMember {
  readonly name: string
  readonly type: TypeExpression
  readonly decorators: readonly Decorator[]
}

/** `@description('...')` and its like. */
export interface Decorator {
  readonly name: string
  readonly inputs: readonly Expression[]
}

interface Declared {
  readonly line: number
  readonly name: string
  readonly decorators: readonly Decorator[]
}

/** A statement of a file. */
export type Statement =
  | { readonly kind: 'scope'; readonly line: number; readonly value: string }
  | { readonly kind: 'using'; readonly line: number; readonly value: string }
  | {
      readonly kind: 'import'
      readonly line: number
      readonly names: readonly string[]
      readonly from: string
    }
  | (Declared & {
      readonly kind: 'param'
      readonly type: TypeExpression | undefined
      readonly value: Expression | undefined
    })
  | (Declared & { readonly kind: 'var'; readonly value: Expression })
  | (Declared & { readonly kind: 'type'; readonly type: TypeExpression })
  | (Declared & {
      readonly kind: 'resource'
      readonly of: string
      readonly existing: boolean
      readonly value: Expression
    })
  | (Declared & { readonly kind: 'module'; readonly of: string; readonly value: Expression })
  | (Declared & { readonly kind: 'output'; readonly type: TypeExpression; readonly value: Expression })

/** The value of a text without interpolation. */
export const plainText = (expression: Expression | undefined): string | undefined =>
  expression?.kind === 'text' && expression.parts.every((part) => typeof part === 'string')
    ? expression.parts.join('')
    : undefined

/** The body of a resource or module, within its loop and condition. */
export const bodyOf = (value: Expression): Expression =>
  value.kind === 'for' || value.kind === 'condition' ? bodyOf(value.body) : value

/** A property of an object, by its name. */
export const propertyOf = (value: Expression | undefined, name: string): Expression | undefined =>
  value?.kind === 'object' ? value.properties.find(({ key }) => key === name)?.value : undefined

/** A part of an object, down a path of names. */
export const partOf = (value: Expression | undefined, ...path: readonly string[]): Expression | undefined =>
  path.reduce((part, name) => propertyOf(part, name), value)
