import { assign } from './assign.ts'
import {
  moduleShapes,
  type Of,
  ofKind,
  type Open,
  paramShape,
  resourceShape,
  shapeOf,
  typeOf,
} from './declared.ts'
import { infer, itemOf, type Scope, within } from './infer.ts'
import { namesIn } from './namesIn.ts'
import type { BicepFile } from './parseBicep.ts'
import { resourceTypes } from './resourceTypes.ts'
import type { Schemas } from './schema.ts'
import { any, type ObjectShape, objectOf, type Shape } from './shape.ts'
import { bodyOf, type Expression, propertyOf, type Statement, type TypeExpression } from './syntax.ts'

/** What a file is checked with. */
export interface CheckContext {
  readonly schemas: Schemas['types']
  readonly open: Open
  readonly report: Scope['report']
}

type Declaration = Exclude<Statement, { readonly kind: 'scope' | 'using' | 'import' | 'output' }>

/** What every resource may say besides what its schema has. */
const ownOf = (shape: ObjectShape): ObjectShape => ({
  ...shape,
  member: (name) =>
    ['parent', 'scope', 'dependsOn'].includes(name)
      ? { shape: any, required: false, readOnly: false }
      : shape.member(name),
})

const repeated = (value: Expression, shape: Shape): Shape =>
  value.kind === 'for' ? { kind: 'array', item: shape } : shape

/** Checks one file, and what it says to its modules. */
export class FileCheck {
  private readonly file: BicepFile
  private readonly context: CheckContext
  private readonly scope: Scope

  constructor(file: BicepFile, context: CheckContext) {
    this.file = file
    this.context = context
    this.scope = { report: context.report, find: (name) => this.shapeOfName(name) }
  }

  private get declarations(): readonly Declaration[] {
    return this.file.statements.filter((one): one is Declaration => 'name' in one && one.kind !== 'output')
  }

  private shapeOfName(name: string): Shape | undefined {
    const found = this.declarations.find((one) => one.name === name && one.kind !== 'type')
    if (!found || found.kind === 'type') return undefined
    switch (found.kind) {
      case 'param':
        return paramShape(this.file, found, this.context.open)
      case 'var':
        return infer(found.value, { ...this.scope, report: () => undefined })
      case 'resource':
        return repeated(found.value, resourceShape(found, this.context.schemas) ?? any)
      case 'module': {
        const module = this.context.open(found.of)
        const outputs = module ? moduleShapes(module, this.context.open).outputs : any
        return repeated(found.value, objectOf({ outputs, name: { kind: 'string' } }))
      }
    }
  }

  check(): void {
    this.checkNames()
    for (const statement of this.file.statements) this.checkStatement(statement)
  }

  private checkNames(): void {
    const { report } = this.context
    const used = namesIn(this.file)
    const seen = new Set<string>()
    for (const { name, line, kind, decorators } of this.declarations) {
      if (seen.has(name)) report('BCP028', line, `${name} is declared twice.`)
      seen.add(name)
      const isExported = decorators.some((decorator) => decorator.name === 'export')
      if (used.has(name) || isExported || ofKind(this.file, 'using').length > 0) continue
      if (kind === 'param') report('no-unused-params', line, `The parameter ${name} is not used.`)
      if (kind === 'var') report('no-unused-vars', line, `The variable ${name} is not used.`)
      if (kind === 'type') report('no-unused-types', line, `The type ${name} is not used.`)
    }
    for (const { names, line } of ofKind(this.file, 'import'))
      for (const name of names)
        if (!used.has(name)) report('no-unused-imports', line, `The import ${name} is not used.`)
  }

  private checkStatement(statement: Statement): void {
    switch (statement.kind) {
      case 'scope':
        return
      case 'using':
        return this.checkParameters(statement)
      case 'import':
        return this.checkImport(statement)
      case 'type':
        return this.checkTypeNames(statement.type)
      case 'var':
        return void infer(statement.value, this.scope)
      case 'param':
        if (statement.type) this.checkTypeNames(statement.type)
        if (statement.value && statement.type)
          assign(statement.value, paramShape(this.file, statement, this.context.open), this.scope)
        return
      case 'output':
        this.checkTypeNames(statement.type)
        return assign(statement.value, shapeOf(this.file, statement.type, this.context.open), this.scope)
      case 'resource':
        return this.checkResource(statement)
      case 'module':
        return this.checkModule(statement)
    }
  }

  private checkImport({ names, from, line }: Of<'import'>): void {
    const file = this.context.open(from)
    if (!file) return this.context.report('BCP091', line, `There is no file ${from}.`)
    const exported = ofKind(file, 'type').filter(({ decorators }) =>
      decorators.some(({ name }) => name === 'export'),
    )
    for (const name of names)
      if (!exported.some((type) => type.name === name))
        this.context.report('BCP360', line, `${from} exports no ${name}.`)
  }

  private checkTypeNames(type: TypeExpression): void {
    const { open, report } = this.context
    if (type.kind === 'arrayOf') this.checkTypeNames(type.item)
    if (type.kind === 'optional') this.checkTypeNames(type.type)
    if (type.kind === 'shape') for (const member of type.members) this.checkTypeNames(member.type)
    const isBuiltIn = type.kind === 'named' && /^(string|int|bool|object|array)$/.test(type.name)
    if (type.kind === 'named' && !isBuiltIn && !typeOf(this.file, type.name, open))
      report('BCP302', type.line, `There is no type ${type.name}.`)
  }

  /** Runs a check on the body of a resource or module, where its loop variables are known. */
  private inBody(
    value: Expression,
    check: (body: Expression, scope: Scope) => void,
    scope = this.scope,
  ): void {
    if (value.kind === 'condition') {
      infer(value.when, scope)
      return this.inBody(value.body, check, scope)
    }
    if (value.kind !== 'for') return check(value, scope)
    const item = itemOf(infer(value.in, scope))
    return this.inBody(value.body, check, within(scope, value.names, item))
  }

  private checkResource(resource: Of<'resource'>): void {
    const { report, schemas } = this.context
    const { line, of } = resource
    const [type = '', version = ''] = of.split('@')
    const pinned = (resourceTypes as Readonly<Record<string, string>>)[type]
    const shape = resourceShape(resource, schemas)
    if (!shape || pinned === undefined) return report('BCP081', line, `There is no resource type ${type}.`)
    if (version !== pinned)
      report('BCP081', line, `${type} is used in its version ${pinned}, not ${version}.`)
    if (!resource.existing) this.checkParent(resource, type)
    this.inBody(resource.value, (body, scope) =>
      resource.existing ? void infer(body, scope) : assign(body, ownOf(shape), scope),
    )
  }

  /** A child names its parent, and the parent is of the type above its own. */
  private checkParent({ value, line }: Of<'resource'>, type: string): void {
    const above = type.split('/').slice(0, -1).join('/')
    const parent = propertyOf(bodyOf(value), 'parent')
    if (!above.includes('/')) {
      if (parent) this.context.report('BCP037', line, `${type} has no parent.`)
      return
    }
    const named = parent?.kind === 'index' ? parent.of : parent
    const found = ofKind(this.file, 'resource').find(
      ({ name }) => named?.kind === 'name' && named.name === name,
    )
    if (found?.of.split('@')[0] === above) return
    this.context.report('BCP169', line, `${type} wants a parent of ${above}.`)
  }

  private checkModule({ of, value, line }: Of<'module'>): void {
    const { open, report } = this.context
    const file = open(of)
    if (!file) return report('BCP091', line, `There is no file ${of}.`)
    const { inputs } = moduleShapes(file, open)
    this.inBody(value, (body, scope) => {
      const params = propertyOf(body, 'params')
      const none: Expression = { kind: 'object', properties: [], line }
      assign(params ?? none, inputs, scope)
    })
  }

  /** A file of parameters gives those that a template has, and all it needs. */
  private checkParameters({ value: path, line }: Of<'using'>): void {
    const file = this.context.open(path)
    if (!file) return this.context.report('BCP091', line, `There is no file ${path}.`)
    const given = ofKind(this.file, 'param').flatMap(({ name, value, line: at }) =>
      value ? [{ key: name, value, line: at }] : [],
    )
    const { inputs } = moduleShapes(file, this.context.open)
    assign({ kind: 'object', properties: given, line }, inputs, this.scope)
  }
}
