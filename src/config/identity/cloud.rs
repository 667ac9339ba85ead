//! Microsoft's clouds, by the host of a tenant's discovery document, and what differs between them
//! besides what that document says.

use url::Url;

/// Which of Microsoft's clouds a tenant lives in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cloud {
    /// The public one, and whatever isn't known to be another.
    Public,
    /// That of the US government.
    UsGovernment,
    /// That of China, run by 21Vianet.
    China,
}

impl Cloud {
    pub(super) fn of(discovery_url: &Url) -> Self {
        let host = discovery_url.host_str().unwrap_or_default();
        match host {
            "login.microsoftonline.us" => Self::UsGovernment,
            "login.partner.microsoftonline.cn" | "login.chinacloudapi.cn" => Self::China,
            _ if host.ends_with(".ciamlogin.us") => Self::UsGovernment,
            _ => Self::Public,
        }
    }

    /// The audience of tokens that stand for a workload to be exchanged.
    pub fn federation_audience(self) -> &'static str {
        match self {
            Self::Public => "api://AzureADTokenExchange",
            Self::UsGovernment => "api://AzureADTokenExchangeUSGov",
            Self::China => "api://AzureADTokenExchangeChina",
        }
    }

    pub(super) fn v1_host(self) -> &'static str {
        match self {
            Self::Public | Self::UsGovernment => "sts.windows.net",
            Self::China => "sts.chinacloudapi.cn",
        }
    }
}
