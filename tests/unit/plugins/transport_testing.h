// SPDX-License-Identifier: MIT
// What the tests of transports share: option values, a transport behind its descriptor, a command run to its end.
#pragma once

#include <algorithm>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "cyber-zfs-backup/abi.h"
#include "process_testing.h"

namespace czb::transport_test {

// What the host would hand to a plugin: the defaults of its table, and over them what the test sets.
class Options {
 public:
  explicit Options(const PluginDescriptor& descriptor) {
    for (std::uint32_t i = 0; i < descriptor.option_count; ++i) {
      const OptionSpec& spec = descriptor.options[i];
      OptionValue value{spec.name, false, 0, {}, nullptr, 0};
      values_.push_back(value);
      if (spec.required || spec.default_value == nullptr) continue;
      const std::string text = spec.default_value;
      if (spec.type == OptionType::boolean) {
        set(spec.name, text == "true" ? 1 : 0);
      } else if (spec.type == OptionType::string) {
        set(spec.name, std::string_view(spec.default_value));
      } else {
        set(spec.name, std::stoi(text));
      }
    }
  }
  Options& set(std::string_view name, int value) {
    find(name).integer = value;
    return *this;
  }
  Options& set(std::string_view name, std::string_view text) {
    find(name).text = text;
    return *this;
  }
  Options& set(std::string_view name, const std::vector<std::string_view>& list) {
    OptionValue& value = find(name);
    value.list = list.data();
    value.list_size = list.size();
    return *this;
  }
  CreateArguments arguments(const std::string& run_directory) const {
    CreateArguments made;
    made.options = values_.data();
    made.option_count = values_.size();
    made.run_directory = run_directory.c_str();
    return made;
  }

 private:
  OptionValue& find(std::string_view name) {
    const auto found =
        std::find_if(values_.begin(), values_.end(), [&](const OptionValue& value) { return name == value.name; });
    if (found == values_.end()) throw std::logic_error("no option " + std::string(name));
    found->is_set = true;
    return *found;
  }
  std::vector<OptionValue> values_;
};

// A Transport made and destroyed through its descriptor, as the host does it.
class TransportHandle {
 public:
  TransportHandle(const PluginDescriptor& descriptor, const CreateArguments& arguments) : descriptor_(descriptor) {
    StringSink error;
    transport_ = descriptor.create_transport(arguments, error);
    create_error_ = error.text();
  }
  TransportHandle(const TransportHandle&) = delete;
  TransportHandle& operator=(const TransportHandle&) = delete;
  ~TransportHandle() { destroy(); }

  void destroy() {
    if (transport_ != nullptr) descriptor_.destroy_transport(transport_);
    transport_ = nullptr;
  }
  bool created() const { return transport_ != nullptr; }
  const std::string& create_error() const { return create_error_; }
  Transport* operator->() const { return transport_; }

  std::string describe(const Words& argv) const {
    StringSink text;
    const std::vector<std::string_view> words(argv.begin(), argv.end());
    transport_->describe_command({words.data(), words.size()}, text);
    return text.text();
  }

  ProcessPointer start(const Words& argv, const StandardDescriptors& descriptors, Status& status, std::string& error) {
    StringSink sink;
    const std::vector<std::string_view> words(argv.begin(), argv.end());
    Process* process = nullptr;
    status = transport_->start({words.data(), words.size()}, descriptors, &process, sink);
    error = sink.text();
    return ProcessPointer(process);
  }

 private:
  const PluginDescriptor& descriptor_;
  Transport* transport_ = nullptr;
  std::string create_error_;
};

// A command run to its end, its output small enough for a pipe's buffer on the error side.
struct Outcome {
  Status status = Status::failed;
  std::string start_error;
  ExitStatus exit;
  std::string out;
  std::string err;
};

inline Outcome run(TransportHandle& transport, const Words& argv, const std::string& input = "") {
  Outcome outcome;
  Pipe in = make_pipe();
  Pipe out = make_pipe();
  Pipe err = make_pipe();
  const ProcessPointer process = transport.start(argv, {in.read_end.get(), out.write_end.get(), err.write_end.get()},
                                                 outcome.status, outcome.start_error);
  in.read_end.reset();
  out.write_end.reset();
  err.write_end.reset();
  if (!process) return outcome;
  std::thread writer([&] {
    write_all(in.write_end.get(), input);
    in.write_end.reset();
  });
  outcome.out = read_all(out.read_end.get());
  outcome.err = read_all(err.read_end.get());
  writer.join();
  outcome.exit = wait_for(*process);
  return outcome;
}

}  // namespace czb::transport_test
