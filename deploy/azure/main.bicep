// Osier on Azure Container Apps, for one customer: the app with two replicas or more behind the platform's
// ingress, a managed identity instead of a client secret, Key Vault for what is secret, and a PostgreSQL that
// only the app's network reaches. README.md says what has to be there first, and what isn't proven.

targetScope = 'resourceGroup'

@description('Names begin with this.')
@minLength(3)
@maxLength(20)
param name string = 'osier'

param location string = resourceGroup().location

@description('The image by digest: registry/osier@sha256:...')
param image string

@description('The registry that the identity pulls the image from, such as example.azurecr.io.')
param registryServer string

@description('server.public_url: the origin that people know. The platform\'s own name where it is empty.')
param publicUrl string = ''

@description('A Key Vault of this resource group, with access by role, that holds the secret `osier-keys-current`: openssl rand -base64 32.')
param keyVaultName string

@description('Replicas at least and at most.')
@minValue(1)
param minReplicas int = 2
@minValue(1)
@maxValue(30)
param maxReplicas int = 6

@description('The password of PostgreSQL\'s administrator; letters and digits alone, since it stands in a URL.')
@secure()
@minLength(24)
param databasePassword string

@description('PostgreSQL in two zones.')
param databaseHighAvailability bool = true

@description('The network that the app and PostgreSQL share.')
param addressSpace string = '10.60.0.0/16'

// osier.toml without secrets; it has the tenant, the permission service and the backends.
var config = loadTextContent('osier.toml')
var secretsFolder = '/run/secrets/osier'
var configFolder = '/etc/osier'
var port = 8080
var database = 'osier'
// https://learn.microsoft.com/azure/role-based-access-control/built-in-roles
var keyVaultSecretsUser = '4633458b-17de-408a-893e-a874b0445c8a'

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {
  name: '${name}-identity'
  location: location
}

resource vault 'Microsoft.KeyVault/vaults@2023-07-01' existing = {
  name: keyVaultName
}

resource sealingKey 'Microsoft.KeyVault/vaults/secrets@2023-07-01' existing = {
  parent: vault
  name: 'osier-keys-current'
}

resource storeUrl 'Microsoft.KeyVault/vaults/secrets@2023-07-01' = {
  parent: vault
  name: 'osier-store-url'
  properties: {
    value: 'postgres://osier:${databasePassword}@${postgres.properties.fullyQualifiedDomainName}:5432/${database}?sslmode=verify-full'
  }
}

resource mayReadSecrets 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(vault.id, identity.id, keyVaultSecretsUser)
  scope: vault
  properties: {
    principalId: identity.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', keyVaultSecretsUser)
  }
}

resource network 'Microsoft.Network/virtualNetworks@2023-11-01' = {
  name: '${name}-network'
  location: location
  properties: {
    addressSpace: {
      addressPrefixes: [
        addressSpace
      ]
    }
    subnets: [
      {
        name: 'app'
        properties: {
          addressPrefix: cidrSubnet(addressSpace, 23, 0)
          delegations: [
            {
              name: 'app'
              properties: {
                serviceName: 'Microsoft.App/environments'
              }
            }
          ]
        }
      }
      {
        name: 'database'
        properties: {
          addressPrefix: cidrSubnet(addressSpace, 27, 16)
          delegations: [
            {
              name: 'database'
              properties: {
                serviceName: 'Microsoft.DBforPostgreSQL/flexibleServers'
              }
            }
          ]
        }
      }
    ]
  }

  resource app 'subnets' existing = {
    name: 'app'
  }

  resource database 'subnets' existing = {
    name: 'database'
  }
}

resource zone 'Microsoft.Network/privateDnsZones@2020-06-01' = {
  name: '${name}.private.postgres.database.azure.com'
  location: 'global'
}

resource zoneLink 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2020-06-01' = {
  parent: zone
  name: '${name}-network'
  location: 'global'
  properties: {
    registrationEnabled: false
    virtualNetwork: {
      id: network.id
    }
  }
}

resource postgres 'Microsoft.DBforPostgreSQL/flexibleServers@2023-12-01-preview' = {
  name: '${name}-${uniqueString(resourceGroup().id)}'
  location: location
  sku: {
    name: databaseHighAvailability ? 'Standard_D2ds_v5' : 'Standard_B1ms'
    tier: databaseHighAvailability ? 'GeneralPurpose' : 'Burstable'
  }
  properties: {
    version: '16'
    administratorLogin: 'osier'
    administratorLoginPassword: databasePassword
    storage: {
      storageSizeGB: 32
    }
    backup: {
      backupRetentionDays: 7
      geoRedundantBackup: 'Disabled'
    }
    highAvailability: {
      mode: databaseHighAvailability ? 'ZoneRedundant' : 'Disabled'
    }
    network: {
      delegatedSubnetResourceId: network::database.id
      privateDnsZoneArmResourceId: zone.id
    }
  }
  dependsOn: [
    zoneLink
  ]
}

resource store 'Microsoft.DBforPostgreSQL/flexibleServers/databases@2023-12-01-preview' = {
  parent: postgres
  name: database
}

resource logs 'Microsoft.OperationalInsights/workspaces@2023-09-01' = {
  name: '${name}-logs'
  location: location
  properties: {
    retentionInDays: 90
    sku: {
      name: 'PerGB2018'
    }
  }
}

resource environment 'Microsoft.App/managedEnvironments@2024-03-01' = {
  name: '${name}-environment'
  location: location
  properties: {
    appLogsConfiguration: {
      destination: 'log-analytics'
      logAnalyticsConfiguration: {
        customerId: logs.properties.customerId
        sharedKey: logs.listKeys().primarySharedKey
      }
    }
    vnetConfiguration: {
      infrastructureSubnetId: network::app.id
    }
    workloadProfiles: [
      {
        name: 'Consumption'
        workloadProfileType: 'Consumption'
      }
    ]
    zoneRedundant: databaseHighAvailability
  }
}

resource app 'Microsoft.App/containerApps@2024-03-01' = {
  name: name
  location: location
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identity.id}': {}
    }
  }
  properties: {
    environmentId: environment.id
    workloadProfileName: 'Consumption'
    configuration: {
      activeRevisionsMode: 'Single'
      ingress: {
        external: true
        targetPort: port
        transport: 'auto'
        allowInsecure: false
      }
      registries: [
        {
          server: registryServer
          identity: identity.id
        }
      ]
      secrets: [
        {
          name: 'keys-current'
          keyVaultUrl: sealingKey.properties.secretUri
          identity: identity.id
        }
        {
          name: 'store-url'
          keyVaultUrl: storeUrl.properties.secretUri
          identity: identity.id
        }
        {
          // No secret; this is how a file gets in.
          name: 'config'
          value: config
        }
      ]
    }
    template: {
      terminationGracePeriodSeconds: 30
      containers: [
        {
          name: 'osier'
          image: image
          resources: {
            cpu: json('0.5')
            memory: '1Gi'
          }
          env: [
            {
              name: 'OSIER_SERVER__LISTEN'
              value: '0.0.0.0:${port}'
            }
            {
              name: 'OSIER_SERVER__PUBLIC_URL'
              value: empty(publicUrl) ? 'https://${name}.${environment.properties.defaultDomain}' : publicUrl
            }
            {
              name: 'OSIER_SERVER__REPLICAS'
              value: string(maxReplicas)
            }
            {
              name: 'OSIER_SERVER__TRUSTED_PROXIES'
              value: '1'
            }
            {
              name: 'OSIER_SERVER__DRAIN_DELAY'
              value: '10'
            }
            {
              name: 'OSIER_SERVER__SHUTDOWN_GRACE'
              value: '15'
            }
            {
              name: 'OSIER_AUTH__CREDENTIAL'
              value: 'managed_identity'
            }
            {
              name: 'OSIER_AUTH__MANAGED_IDENTITY_CLIENT_ID'
              value: identity.properties.clientId
            }
            {
              name: 'OSIER_KEYS__CURRENT_FILE'
              value: '${secretsFolder}/keys-current'
            }
            {
              name: 'OSIER_STORE__URL_FILE'
              value: '${secretsFolder}/store-url'
            }
          ]
          volumeMounts: [
            {
              volumeName: 'config'
              mountPath: configFolder
            }
            {
              volumeName: 'secrets'
              mountPath: secretsFolder
            }
          ]
          probes: [
            {
              type: 'Startup'
              httpGet: {
                path: '/livez'
                port: port
              }
              periodSeconds: 1
              failureThreshold: 30
            }
            {
              type: 'Liveness'
              httpGet: {
                path: '/livez'
                port: port
              }
              periodSeconds: 10
              timeoutSeconds: 3
              failureThreshold: 3
            }
            {
              type: 'Readiness'
              httpGet: {
                path: '/readyz'
                port: port
              }
              periodSeconds: 3
              timeoutSeconds: 3
              failureThreshold: 2
            }
          ]
        }
      ]
      scale: {
        minReplicas: minReplicas
        maxReplicas: maxReplicas
        rules: [
          {
            name: 'requests'
            http: {
              metadata: {
                concurrentRequests: '50'
              }
            }
          }
        ]
      }
      volumes: [
        {
          name: 'config'
          storageType: 'Secret'
          secrets: [
            {
              secretRef: 'config'
              path: 'osier.toml'
            }
          ]
        }
        {
          name: 'secrets'
          storageType: 'Secret'
          secrets: [
            {
              secretRef: 'keys-current'
              path: 'keys-current'
            }
            {
              secretRef: 'store-url'
              path: 'store-url'
            }
          ]
        }
      ]
    }
  }
  dependsOn: [
    mayReadSecrets
    store
  ]
}

@description('Give this address to people, with /mcp behind it, once it is registered as in docs/ENTRA.md.')
output publicUrl string = empty(publicUrl) ? 'https://${name}.${environment.properties.defaultDomain}' : publicUrl

@description('The federated credential of Osier\'s registration in Entra trusts this principal.')
output identityPrincipalId string = identity.properties.principalId
