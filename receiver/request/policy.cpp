// SPDX-License-Identifier: MIT
#include "receiver/request/policy.h"

#include "receiver/answer.h"
#include "receiver/request/properties.h"
#include "zfs/inventory.h"

namespace czb::receiver {
namespace {

class Check {
 public:
  explicit Check(const Options& options) : options_(options) {}

  void operator()(const ListTree& request) const {
    within(request.dataset);
    if (options_.mode != Mode::pull && (!request.user_properties.empty() || !request.recursive))
      throw Refused(mode() + " lists whole trees, without user properties");
    for (const std::string& property : request.user_properties)
      if (property.rfind(base_property(""), 0) != 0 || property == base_property(""))
        throw Refused("the property " + visible(property) + " is none of those that record a backup's base");
  }
  void operator()(const ListNames& request) const { within(request.dataset); }
  void operator()(const Exists& request) const {
    // The sender of a first full stream asks whether the place for it is there.
    if (request.dataset != parent_of(options_.root)) within(request.dataset);
  }
  void operator()(const Place& request) const {
    if (request.dataset != parent_of(options_.root)) within(request.dataset);
    receives();
  }
  void operator()(const Receive& request) const {
    within(request.dataset);
    receives();
    for (const auto& [name, value] : request.properties)
      if (value && name.find(':') != std::string::npos)
        throw Refused("the user property " + visible(name) +
                      " would be this host's own where a sender sets it; it may only come with the stream");
      else if (!may_be_asked_for(name, value))
        throw Refused("the property " + visible(value ? name + "=" + *value : name) +
                      " is none that a sender may set or leave out");
  }
  void operator()(const AbortReceive& request) const {
    within(request.dataset);
    receives();
  }
  void operator()(const Destroy& request) const {
    within(request.dataset);
    if (options_.mode != Mode::mirror)
      throw Refused(mode() + " destroys nothing: what is in " + options_.root + " is kept");
  }
  void operator()(const SendTree& request) const {
    within(request.dataset);
    sends();
  }
  void operator()(const SendDataset& request) const {
    within(request.dataset);
    sends();
    if (request.from == SendFrom::origin) within(request.base.substr(0, request.base.find('@')));
  }
  void operator()(const SendToken&) const { sends(); }
  void operator()(const ReadToken&) const { sends(); }
  void operator()(const Report&) const {}

 private:
  std::string mode() const { return std::string("a key of mode ") + to_string(options_.mode); }

  void within(const std::string& dataset) const {
    if (!relative_name(dataset, options_.root))
      throw Refused(visible(dataset) + " is not in " + options_.root + ", which is all that this key is for");
  }
  void receives() const {
    if (options_.mode == Mode::pull) throw Refused(mode() + " receives nothing");
  }
  void sends() const {
    if (options_.mode != Mode::pull) throw Refused(mode() + " sends nothing back");
  }

  const Options& options_;
};

}  // namespace

void check_allowed(const Request& request, const Options& options) { std::visit(Check(options), request); }

}  // namespace czb::receiver
