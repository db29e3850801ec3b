var region = 'westeurope' // fault: no-unused-vars
