using 'main.bicep'

// azd sets the variables; without it, write values here.
param name = readEnvironmentVariable('MAYFLY_NAME', 'mayfly')
param administratorPrincipalId = readEnvironmentVariable('AZURE_PRINCIPAL_ID', '')
param administratorPrincipalType = readEnvironmentVariable('AZURE_PRINCIPAL_TYPE', 'User')
param tags = { 'azd-env-name': readEnvironmentVariable('AZURE_ENV_NAME', 'mayfly') }

// Worth a decision before people depend on it; main.bicep describes every parameter.
param alertEmails = []
param administratorAddresses = []
param alwaysReadyInstances = 0
param privateNetwork = false
param locks = true
