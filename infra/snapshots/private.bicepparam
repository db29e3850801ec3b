using '../main.bicep'

param administratorPrincipalId = '22222222-2222-4222-8222-222222222222'
param administratorAddresses = ['203.0.113.5/32', '198.51.100.7/31', '192.0.2.0/24', '203.0.113.5']
param alertEmails = ['pki@contoso.example']
param privateNetwork = true
param zoneRedundant = true
param alwaysReadyInstances = 2
