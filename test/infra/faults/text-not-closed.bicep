var region = 'westeurope // fault: syntax
