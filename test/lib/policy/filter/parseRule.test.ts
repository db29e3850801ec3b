import { describe, expect, it } from 'vitest'
import { maxRuleCharacters, maxRuleDepth, parseRule } from '../../../../lib/policy/filter/parseRule.ts'
import { printRule } from '../../../../lib/policy/filter/rule.ts'

const good = 'device.isCompliant -eq True'

/** A rule of exactly so many characters. */
const ofLength = (characters: number) => `${good}${' '.repeat(characters - good.length)}`

describe('parseRule()', () => {
  it.each([
    ['', /^character 1: a property, such as device\.model, is wanted, not the end$/],
    ['   ', /^character 4: a property/],
    ['device.model', /^character 13: an operator of device filters is wanted, not the end$/],
    ['device.model -eq', /^character 17: a text in quotes is wanted, not the end$/],
    ['device.model "x"', /^character 14: an operator of device filters is wanted, not "x"$/],
    ['device.model -eq x', /^character 18: a text in quotes is wanted, not "x"$/],
    ['device.model -eq 5', /^character 18: "5" cannot stand here$/],
    ['device.model -eq True', /^character 18: a text in quotes/],
    ['device.model -startsWith null', /^character 26: a text in quotes/],
    ['device.model -in [null]', /^character 19: a text in quotes/],
    ['device.model -match ".*"', /^character 14: an operator of device filters is wanted, not "-match"$/],
    ['device.physicalIds -any (_ -startsWith "x")', /^character 20: an operator of device filters/],
    ['device.model -gt "x"', /^character 14: an operator/],
    ['device.model –eq "x"', /^character 14: "–" cannot stand here$/],
    ['device.model == "x"', /^character 14: "=" cannot stand here$/],
    [
      'device.colour -eq "red"',
      /^character 1: a property of device filters is wanted, not "device\.colour"$/,
    ],
    ['device.extensionAttribute0 -eq "x"', /^character 1: a property of device filters/],
    ['device.extensionAttribute16 -eq "x"', /^character 1: a property of device filters/],
    ['device.constructor -eq "x"', /^character 1: a property of device filters/],
    ['device.deviceOSType -eq "x"', /^character 1: a property of device filters/],
    ['user.department -eq "x"', /^character 1: a property, such as device\.model, is wanted/],
    ['model -eq "x"', /^character 1: a property, such as/],
    ['"x" -eq device.model', /^character 1: a property, such as/],
    [
      'device.isCompliant -contains "true"',
      /^character 20: an operator that device\.isCompliant has is wanted/,
    ],
    ['device.isCompliant -in ["True"]', /^character 20: an operator that device\.isCompliant has/],
    ['device.isCompliant -eq "yes"', /^character 24: True or False for device\.isCompliant is wanted/],
    ['device.isCompliant -eq 1', /^character 24: "1" cannot stand here$/],
    ['device.deviceId -startsWith "4"', /^character 17: an operator that device\.deviceId has/],
    ['device.trustType -contains "AD"', /^character 18: an operator that device\.trustType has/],
    ['device.profileType -endsWith "x"', /^character 20: an operator that device\.profileType has/],
    ['device.physicalIds -eq "x"', /^character 20: an operator that device\.physicalIds has/],
    ['device.systemLabels -in ["x"]', /^character 21: an operator that device\.systemLabels has/],
    [
      'device.trustType -eq "Domain"',
      /^character 22: AzureAD, ServerAD or Workplace is wanted, not "Domain"$/,
    ],
    ['device.trustType -notIn "ServerAD, Workplace"', /^character 25: a list in brackets is wanted/],
    ['device.model -in "x"', /^character 18: a list in brackets/],
    ['device.model -eq ["x"]', /^character 18: a text in quotes is wanted, not "\["$/],
    ['device.model -in []', /^character 19: a text in quotes is wanted, not "\]"$/],
    ['device.model -in ["x",]', /^character 23: a text in quotes/],
    ['device.model -in ["x" "y"]', /^character 23: a comma or "\]" is wanted, not "y"$/],
    ['device.model -in ["x"', /^character 22: a comma or "\]" is wanted, not the end$/],
    [`(${good}`, /^character 29: -and, -or or "\)" is wanted, not the end$/],
    [`${good})`, /^character 28: -and, -or or the end is wanted, not "\)"$/],
    [`${good} ${good}`, /^character 29: -and, -or or the end is wanted, not "device\.isCompliant"$/],
    [`${good} -xor ${good}`, /^character 29: -and, -or or the end/],
    [`${good} -and`, /^character 33: a property/],
    [`-and ${good}`, /^character 1: a property/],
    ['-not', /^character 5: a property/],
    ['()', /^character 2: a property/],
    ['device.model -not "x"', /^character 14: an operator of device filters/],
    ['device.model -eq "x', /^character 18: a quote that nothing closes/],
    ['device.model -eq "x""', /^character 18: a quote that nothing closes/],
    ["device.model -eq 'it's'", /^character 22: -and, -or or the end is wanted, not "s"$/],
    [String.raw`device.model -eq "a\"b"`, /^character 18: a quote .* read in two ways$/],
    [String.raw`device.model -in ["a\","b\","c"]`, /^character 19: a quote .* read in two ways$/],
    ['device.model -eq "a`b"', /^character 18: a quote .* read in two ways$/],
    ['device.model -eq "x\u0000"\u0000', /^character 22: "\\u0000" cannot stand here$/],
  ])('refuses %j', (rule, detail) => {
    expect(() => parseRule(rule)).toRefuse('configuration-invalid', detail)
  })

  it('takes as many characters as Entra, and no more', () => {
    expect(printRule(parseRule(ofLength(maxRuleCharacters)))).toBe(good)
    expect(() => parseRule(ofLength(maxRuleCharacters + 1))).toRefuse(
      'configuration-invalid',
      /^has more than 3,072 characters$/,
    )
  })

  it.each([
    ['parentheses', (levels: number) => `${'('.repeat(levels)}${good}${')'.repeat(levels)}`],
    ['-not', (levels: number) => `${'-not '.repeat(levels)}${good}`],
  ])('takes %s to a depth, and no deeper', (_, nested) => {
    expect(() => parseRule(nested(maxRuleDepth))).not.toThrow()
    expect(() => parseRule(nested(maxRuleDepth + 1))).toRefuse(
      'configuration-invalid',
      /^is nested more than 64 levels deep$/,
    )
  })

  it('refuses what fills a rule with parentheses without exhausting the stack', () => {
    expect(() => parseRule('('.repeat(maxRuleCharacters))).toRefuse('configuration-invalid', /nested/)
  })
})
