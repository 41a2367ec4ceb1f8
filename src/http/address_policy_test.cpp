// SPDX-License-Identifier: Apache-2.0
#include "http/address_policy.h"

#include <gtest/gtest.h>

namespace darkroom::http {
namespace {

IpAddress ip(const char* text) {
    return IpAddress::parse(text).value();
}

TEST(AddressPolicy, AddressesThatAreNotOfTheInternetAreNotPublic) {
    for (const char* text :
         {"0.0.0.0",
          "0.255.255.255",
          "10.0.0.1",
          "10.255.255.255",
          "100.64.0.1",
          "100.127.255.255",
          "127.0.0.1",
          "127.255.255.254",
          "169.254.169.254",
          "172.16.0.1",
          "172.31.255.255",
          "192.0.0.8",
          "192.0.2.1",
          "192.88.99.1",
          "192.168.0.1",
          "198.18.0.1",
          "198.19.255.255",
          "198.51.100.1",
          "203.0.113.1",
          "224.0.0.1",
          "239.255.255.250",
          "240.0.0.1",
          "255.255.255.255",
          "::",
          "::1",
          "::ffff:127.0.0.1",
          "::ffff:8.8.8.8",
          "::127.0.0.1",
          "64:ff9b::7f00:1",
          "64:ff9b:1::1",
          "100::1",
          "2001::1",
          "2001:db8::1",
          "2002:7f00:1::",
          "3fff::1",
          "fc00::1",
          "fd00::1",
          "fe80::1",
          "fec0::1",
          "ff02::1",
          "4000::1"}) {
        EXPECT_FALSE(is_public(ip(text))) << text;
    }
}

TEST(AddressPolicy, AddressesOfTheInternetArePublic) {
    for (const char* text :
         {"1.1.1.1",
          "8.8.8.8",
          "9.255.255.255",
          "11.0.0.0",
          "100.63.255.255",
          "100.128.0.0",
          "126.0.0.1",
          "128.0.0.1",
          "169.253.0.1",
          "172.15.255.255",
          "172.32.0.0",
          "192.0.1.1",
          "192.167.0.1",
          "198.17.0.1",
          "198.20.0.1",
          "223.255.255.255",
          "2001:200::1",
          "2606:4700::1111",
          "2a00:1450::1"}) {
        EXPECT_TRUE(is_public(ip(text))) << text;
    }
}

TEST(AddressPolicy, TheOperatorMayNameNetworks) {
    const AddressPolicy policy =
        AddressPolicy::with_networks({"10.1.0.0/16", "fd00::/9", "192.168.7.7", "172.16.0.0/13"})
            .value();
    for (const char* text : {"10.1.0.0", "10.1.255.255", "fd7f::1", "192.168.7.7", "172.23.0.1"}) {
        EXPECT_TRUE(policy.permits(ip(text))) << text;
        EXPECT_TRUE(policy.names(ip(text))) << text;
    }
    for (const char* text :
         {"10.2.0.0",
          "10.0.255.255",
          "fd80::1",
          "192.168.7.8",
          "172.24.0.1",
          "127.0.0.1",
          "::ffff:10.1.0.1"}) {
        EXPECT_FALSE(policy.permits(ip(text))) << text;
    }
    EXPECT_TRUE(policy.permits(ip("8.8.8.8")));
    EXPECT_FALSE(policy.names(ip("8.8.8.8")));
    EXPECT_FALSE(AddressPolicy().permits(ip("10.1.0.0")));
}

TEST(AddressPolicy, WhatIsNoNetworkIsRefused) {
    for (const char* text :
         {"",
          "10.1",
          "10.1.0.0/33",
          "10.1.0.0/-1",
          "10.1.0.0/",
          "fd00::/129",
          "localhost",
          "/8",
          "10.1.0.0/8x"}) {
        EXPECT_FALSE(AddressPolicy::with_networks({text})) << text;
    }
}

TEST(AddressPolicy, AddressesAreWrittenAsTheyAreRead) {
    EXPECT_EQ(ip("127.0.0.1").text(), "127.0.0.1");
    EXPECT_EQ(ip("fd00:0:0::1").text(), "fd00::1");
}

}  // namespace
}  // namespace darkroom::http
