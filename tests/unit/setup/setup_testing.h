// SPDX-License-Identifier: MIT
// What the tests of setting up share: keys, and refusals as texts.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "error.h"
#include "setup/public_key.h"

namespace czb::setup {

// Made by ssh-keygen for these tests.
inline const std::string ed25519_blob = "AAAAC3NzaC1lZDI1NTE5AAAAIEyBkDEqVCV3fmWvMa4Vl2ypBA/YDv4gNH2zd6jttHj/";
inline const std::string other_blob = "AAAAC3NzaC1lZDI1NTE5AAAAINp66Fb0UHoUg17AYt07Dd5e8oJMEd9E58Z8AG6zEZgL";
inline const std::string p256_blob =
    "AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBGP5NIrgxTw9tgE4NtJ1nPDvDJVR7QKkiomht5gFKI+N0OZ2oXcDoUrNzjMQi"
    "wN/zxZV72Sv7njhkCj9ZPwQWkw=";
inline const std::string p384_blob =
    "AAAAE2VjZHNhLXNoYTItbmlzdHAzODQAAAAIbmlzdHAzODQAAABhBGPMlRnHe/D7tDojmcoxV/byEj7eii5d7YF/TX017ybgz5XtOOdsSdYoriumM"
    "DCcly1FeV/FDExdK+BXNyafenK2JZg0+k8AifQwd8xSLxd32/Nwvm8SoKU3r4CVTj7Vuw==";
inline const std::string p521_blob =
    "AAAAE2VjZHNhLXNoYTItbmlzdHA1MjEAAAAIbmlzdHA1MjEAAACFBADYHppKl59rnFlicUy0UVZ50PNSxZyhDXcifbi9wH3YvCsw8cCdMJUYo8Lle"
    "aQefHhVgw2G9InuA/IZi1JzLLgPaAH0Mt+YdQExlA5tvMJxeanrmf8Z4bjmXIh0ho7lOqVXLIeVAhOY1j8xp4XIGUoCAvRziSIPlonxFbdgiTmdbj"
    "1PQA==";
inline const std::string rsa2048_blob =
    "AAAAB3NzaC1yc2EAAAADAQABAAABAQCVP0/MYxm2AUlYUWc1PhmoIC7SmZjtiNCQyQtrR4sHg/CozT8mM3xfne2GtG0/1/2VUdqdsV0QEbzOLT0Vc"
    "lhuIgZtplLM5kpobLDtAL/9ieioEVw+j3XrLmhxAufP3/j7jEK9DbLC3mZT/jPWNHONI4kxdIuLcjur4a3MVELbTDEBIbNFHxJGJUoHp/FF4dWMdQ"
    "QyyO9BZ7HeCHJBWmFpQ8jy5LGCgMcgUkpTYPEoZ7fvhV9VTtn4glkJtva1nh5qsDzlLnZf6JUQYmAerdh+1DsdCza0AWrvtxsguMrKpZRlb8UFQOw"
    "oGlLxuPPFzMaddGYQJrSXYaILHfVxCP5f";
inline const std::string rsa1024_blob =
    "AAAAB3NzaC1yc2EAAAADAQABAAAAgQCd4n6Fdup1cODqzNVMqAAbKoiRhKGU8IP57V/D+v3xVRUepVx6iz3g1tRAT26k48vBP1aymsPf/VX4BL/Tf"
    "9wlzZh6ia3tNh/ZDGq5hoOXmnhmGYIVS+GZ/6Mfr3F6BhUxxNUjg3kRx0G4om5G/jeZ4OV+LVT11QLwJ60ZXaVK1w==";

inline PublicKey test_key() { return {"ssh-ed25519", ed25519_blob, "cyber-zfs-backup@zippy"}; }
inline PublicKey other_key() { return {"ssh-ed25519", other_blob, ""}; }

// What the body refuses with; "(accepted)" where it does not.
inline std::string refusal_of(const std::function<void()>& body) {
  try {
    body();
  } catch (const Error& error) {
    return error.what();
  }
  return "(accepted)";
}

}  // namespace czb::setup
