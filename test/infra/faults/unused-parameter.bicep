@description('Region.')
param location string // fault: no-unused-params
