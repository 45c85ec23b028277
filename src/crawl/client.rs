//! Which network interfaces could be clients of an endpoint.

use std::sync::LazyLock;

use aws_sdk_ec2::types::NetworkInterface;
use serde::Deserialize;

/// Interfaces that never call an endpoint, by what DescribeNetworkInterfaces says of them: one line a kind,
/// with AWS's page about it. Whatever is not listed could be a client: instances, functions, tasks, pods by
/// their branch interfaces.
///
/// Databases and caches answer and do not call. Those that load from Amazon S3 by a role of their own do, and
/// are left out all the same: nobody gives them a subnet for that, and what they cannot reach they report.
const KINDS: &str = include_str!("no_client.csv");

/// A kind of interface that never calls an endpoint.
#[derive(Debug, Deserialize)]
struct Kind {
    member: Member,
    value: String,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "snake_case")]
enum Member {
    InterfaceType,
    RequesterId,
    InstanceOwnerId,
    /// By what it begins with.
    Description,
}

/// The list, with types in their plain spelling.
static NO_CLIENTS: LazyLock<Vec<Kind>> = LazyLock::new(|| {
    let kinds = csv::Reader::from_reader(KINDS.as_bytes()).into_deserialize().filter_map(Result::ok);
    kinds
        .map(|kind: Kind| match kind.member {
            Member::InterfaceType => Kind { value: plain(&kind.value), ..kind },
            _ => kind,
        })
        .collect()
});

/// Whether an interface is in use and could be a client of an endpoint.
///
/// Interfaces on Outposts are none: no endpoint stands there.
pub(super) fn is_client(interface: &NetworkInterface) -> bool {
    let in_use = interface.status().is_some_and(|status| status.as_str() == "in-use");
    let interface_type = interface.interface_type().map(|kind| plain(kind.as_str()));
    let is_listed = || NO_CLIENTS.iter().any(|kind| kind.is(interface, interface_type.as_deref()));
    in_use && interface.outpost_arn().is_none() && !is_listed()
}

impl Kind {
    fn is(&self, interface: &NetworkInterface, interface_type: Option<&str>) -> bool {
        let value = self.value.as_str();
        let owner = || interface.attachment().and_then(|attachment| attachment.instance_owner_id());
        match self.member {
            Member::InterfaceType => interface_type == Some(value),
            Member::RequesterId => interface.requester_id() == Some(value),
            Member::InstanceOwnerId => owner() == Some(value),
            Member::Description => interface.description().is_some_and(|text| text.starts_with(value)),
        }
    }
}

/// A type without separators and in lower case: the model and the documentation spell it differently.
fn plain(kind: &str) -> String {
    kind.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use aws_sdk_ec2::types::builders::NetworkInterfaceBuilder;
    use aws_sdk_ec2::types::{NetworkInterfaceAttachment, NetworkInterfaceStatus, NetworkInterfaceType};

    use super::*;

    fn client(with: impl FnOnce(NetworkInterfaceBuilder) -> NetworkInterfaceBuilder) -> bool {
        is_client(&with(NetworkInterface::builder().status(NetworkInterfaceStatus::InUse)).build())
    }

    fn typed(kind: &str) -> bool {
        client(|interface| interface.interface_type(NetworkInterfaceType::from(kind)))
    }

    #[test]
    fn every_line_of_the_list_is_read_and_has_a_source() {
        assert_eq!(NO_CLIENTS.len(), KINDS.lines().count() - 1);
        for line in KINDS.lines().skip(1) {
            let fields: Vec<&str> = line.split(',').collect();
            assert!(fields.len() == 4 && fields[3].starts_with("https://"), "{line}");
        }
    }

    #[test]
    fn pods_tasks_functions_and_instances_are_clients() {
        assert!(typed("interface") && typed("branch") && typed("lambda") && typed("efa"));
        assert!(client(|interface| interface.description("aws-k8s-branch-eni")));
        assert!(client(|interface| interface.description("arn:aws:ecs:us-east-1:111111111111:attachment/1")));
    }

    #[test]
    fn databases_file_systems_and_control_planes_are_none() {
        assert!(!typed("efs") && !typed("trunk") && !typed("ec2_instance_connect_endpoint"));
        assert!(!client(|interface| interface.requester_id("amazon-rds").requester_managed(true)));
        assert!(!client(|interface| interface.description("Amazon EKS production")));
        assert!(!client(|interface| interface.description("EFS mount target for fs-1 (fsmt-1)")));
    }

    #[test]
    fn a_load_balancer_of_before_interface_types_is_none() {
        let attachment = NetworkInterfaceAttachment::builder().instance_owner_id("amazon-elb").build();
        assert!(!client(|interface| interface.requester_id("760845874091").attachment(attachment)));
    }

    #[test]
    fn what_is_not_in_use_or_on_an_outpost_is_none() {
        assert!(!client(|interface| interface.status(NetworkInterfaceStatus::Available)));
        assert!(!client(|interface| interface.outpost_arn("arn:aws:outposts:::outpost/op-1")));
    }
}
