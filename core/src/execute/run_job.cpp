// SPDX-License-Identifier: MIT
#include "execute/run_job.h"

#include <algorithm>
#include <chrono>

#include "execute/push_target.h"
#include "execute/step_runner.h"
#include "log/log.h"
#include "plan/expire.h"
#include "plan/predict.h"
#include "plan/record.h"
#include "text_buffer.h"
#include "zfs/host.h"
#include "zfs/names.h"

namespace czb {
namespace {

// Over ssh a command is one word, which the kernel limits to 128 KiB; every name also has its '@' and quotes.
constexpr std::size_t longest_snapshot_command = 120 * 1024;

std::int64_t clock_now() { return std::chrono::system_clock::to_time_t(std::chrono::system_clock::now()); }

class JobRun {
 public:
  JobRun(const JobConfig& job, JobParts parts, const RunOptions& options)
      : job_(job),
        options_(options),
        now_(options.fixed_now.value_or(clock_now())),
        naming_(parts.naming),
        retention_(parts.retention),
        source_(parts.source, job.command_timeout),
        runner_(options.dry_run),
        no_receives_(std::move(parts.no_receives)) {
    report_.name = job.name;
    report_.dataset = job.dataset;
    report_.dry_run = options.dry_run;
    for (std::size_t i = 0; i < parts.targets.size(); ++i)
      targets_.push_back(std::make_unique<PushTarget>(job.targets[i], parts.targets[i]));
  }

  JobReport run() {
    try {
      carry_out();
    } catch (const Error& error) {
      report_.general.fail(error.code(), error.what());
    }
    for (auto& target : targets_) report_.targets.push_back(target->report());
    return std::move(report_);
  }

 private:
  void carry_out() {
    if (!does(Action::snapshot) && !does(Action::expire) && !does(Action::push)) {
      report_.general.notes.emplace_back("nothing to do: its 'actions' are none of those that were asked for");
      return;
    }
    source_.open();
    for (auto& target : targets_) target->begin_connecting();  // goes on while the source is listed
    if (does(Action::snapshot)) take_snapshot();
    if (!options_.dry_run && !does(Action::expire) && !does(Action::push)) return;
    observe_source();
    if (does(Action::snapshot) && options_.dry_run) predict_snapshot();
    for (auto& target : targets_) target->observe(source_);
    if (does(Action::expire)) expire();
    no_receives_.reset();
    for (auto& target : targets_) push(*target);
  }

  bool does(Action action) const { return options_.actions.count(action) != 0 && job_.actions.count(action) != 0; }

  // The name is asked of the plugin and held to its contract before ZFS sees it.
  std::string new_name() const {
    TextBuffer name;
    TextBuffer error;
    if (naming_->format(now_, name, error) != Status::ok)
      throw Error(ExitCode::failed, "the naming plugin '" + job_.naming.id + "' gave no name: " + error.text());
    if (auto wrong = snapshot_name_error(name.text()))
      throw Error(ExitCode::failed, "the naming plugin '" + job_.naming.id + "' gave the name '" + name.text() +
                                        "', which ZFS would not take: " + *wrong);
    if (auto wrong = full_name_error(job_.dataset, name.text())) throw Error(ExitCode::failed, *wrong);
    std::int64_t time = 0;
    if (!naming_->parse(name.text(), time) || time != now_)
      throw Error(ExitCode::failed, "the naming plugin '" + job_.naming.id + "' does not read back its own name '" +
                                        name.text() + "', so the snapshot could never expire: none was taken");
    return name.text();
  }

  // Without a listing before it: the snapshot is one atomic command which itself refuses a missing
  // dataset or a name that exists, and a listing of a large tree costs minutes.
  void take_snapshot() {
    report_.snapshot.emplace();
    try {
      const TakeSnapshot step{job_.dataset, new_name(), selected_datasets()};
      report_.snapshot_name = step.name;
      runner_.perform(step, source_, *report_.snapshot);
    } catch (const Error& error) {
      report_.snapshot_name.clear();
      const std::string missing = "cannot open '" + job_.dataset + "': dataset does not exist";
      if (std::string(error.what()).find(missing) != std::string::npos) {
        report_.snapshot.reset();
        refuse_missing_dataset();
      }
      report_.snapshot->fail(error.code(), error.what());
    }
  }

  // Those that the snapshot names one by one; none where the whole tree is taken.
  std::vector<std::string> selected_datasets() {
    if (job_.selection.takes_all()) return {};
    if (!job_.selection.recursive) return {job_.dataset};
    std::vector<std::string> selected = source_.dataset_names(job_.dataset);
    if (selected.empty()) refuse_missing_dataset();
    const std::size_t all = selected.size();
    std::erase_if(selected, [&](const std::string& name) {
      return job_.selection.excludes(relative_name(name, job_.dataset).value_or(""));
    });
    if (selected.size() == all) return {};
    std::size_t length = 0;
    for (const std::string& name : selected) length += name.size() + 40;
    if (length > longest_snapshot_command)
      throw Error(ExitCode::failed, "the " + std::to_string(selected.size()) + " datasets that are left of " +
                                        job_.dataset +
                                        " by 'exclude' are too many for one atomic snapshot, so none "
                                        "was taken. Make several jobs of it, or exclude by other means.");
    return selected;
  }

  void predict_snapshot() {
    if (report_.snapshot_name.empty()) return;
    for (const auto& [relative, dataset] : inventory_.datasets)
      if (dataset.find_by_name(report_.snapshot_name) != nullptr)
        return report_.snapshot->fail(ExitCode::failed, inventory_.full_name(relative) + "@" + report_.snapshot_name +
                                                            " exists already: the run would fail");
    predict(TakeSnapshot{job_.dataset, report_.snapshot_name, {}}, inventory_);
  }

  void observe_source() {
    std::vector<std::string> properties;
    for (const TargetConfig& target : job_.targets) properties.push_back(base_property(target.name));
    inventory_ = source_.observe(job_.dataset, properties, job_.selection.recursive);
    if (!inventory_.exists()) refuse_missing_dataset();
    job_.selection.apply(inventory_);
    if (allows_record(inventory_.receiver)) adopt_records();
  }

  // After `zfs rename` of the source its records bear its old name. What is set on it is its own all the same; what it
  // has received or inherits is another tree's.
  void adopt_records() {
    std::map<std::string, std::string>& properties = inventory_.datasets.at("").user_properties;
    for (const TargetConfig& target : job_.targets) {
      const auto found = properties.find(base_property(target.name));
      if (found == properties.end() || recorded(properties, target.name, job_.dataset)) continue;
      const std::size_t at = found->second.find('@');
      if (at != std::string::npos && source_.is_set_locally(job_.dataset, found->first))
        found->second = job_.dataset + found->second.substr(at);
    }
  }

  [[noreturn]] void refuse_missing_dataset() const {
    throw Error(ExitCode::usage, job_.origin + ": the dataset " + job_.dataset + " of job '" + job_.name +
                                     "' does not exist on " + source_.peer() +
                                     ", so nothing was done. `zfs list` shows what there is, `zpool import` the "
                                     "pools that could be imported (is the disk plugged in?); or name the right "
                                     "dataset with --dataset or in the configuration.");
  }

  void expire() {
    ActionReport& report = report_.expire.emplace();
    try {
      ExpireRequest request;
      request.now = now_;
      request.explain = options_.explain;
      request.destroy_limit_percent = job_.destroy_limit_percent;
      request.force_destroy_lots = options_.force_destroy_lots;
      request.received = job_.expires_received();
      for (const TargetConfig& target : job_.targets) {
        const auto& properties = inventory_.datasets.at("").user_properties;
        if (auto record = recorded(properties, target.name, job_.dataset))
          request.records[target.name] = std::move(*record);
      }
      // One that is not there has not been seen: its pool may be on a disk that is not plugged in.
      for (const auto& target : targets_)
        if (const Inventory* seen = target->inventory(); seen != nullptr && seen->exists())
          request.targets[target->name()] = seen;
      request.others = job_.others;
      ExpirePlan plan = plan_expire(inventory_, *naming_, *retention_, request);
      if (!plan.refusals.empty() && request.others.empty()) {
        request.strange_records = strange_records();
        if (!request.strange_records.empty()) plan = plan_expire(inventory_, *naming_, *retention_, request);
      }
      report.spared = std::move(plan.spared);
      report.verdicts = std::move(plan.verdicts);
      for (const std::string& refusal : plan.refusals) report.fail(ExitCode::refused, refusal);
      report_.expired = runner_.perform_destroys(plan.steps, source_, inventory_, report).count;
    } catch (const Error& error) {
      report.fail(error.code(), error.what());
    }
  }

  // Whose records the source has that are not this job's: another configuration's, or an earlier name's. Asked only
  // where something is refused.
  std::vector<std::string> strange_records() {
    std::set<std::string> known;
    for (const TargetConfig& target : job_.targets) known.insert(target.name);
    try {
      return records_beside(known, source_.user_property_names(job_.dataset));
    } catch (const Error& error) {
      log_verbose("whose records {} has could not be learnt: {}", job_.dataset, error.what());
    }
    return {};
  }

  void push(PushTarget& target) {
    const PushRequest request{
        inventory_, source_, *naming_, options_.force_non_incremental, options_.force_destroy_lots, [this] {
          observe_source();
        }};
    target.push(request, runner_);
  }

  const JobConfig& job_;
  const RunOptions& options_;
  const std::int64_t now_;
  std::shared_ptr<Naming> naming_;
  std::shared_ptr<Retention> retention_;
  Host source_;
  StepRunner runner_;
  std::optional<DatasetLock> no_receives_;  // until the expiry has ended
  std::vector<std::unique_ptr<PushTarget>> targets_;
  Inventory inventory_;  // the source's
  JobReport report_;
};

}  // namespace

JobReport run_job(const JobConfig& job, PluginRegistry& plugins, const RunOptions& options,
                  std::optional<DatasetLock> no_receives) {
  JobParts parts{plugins.create_naming(job.naming),
                 plugins.create_retention(job.retention),
                 plugins.create_transport(job.transport),
                 {},
                 std::move(no_receives)};
  if (options.actions.count(Action::push) != 0 && job.actions.count(Action::push) != 0)
    for (const TargetConfig& target : job.targets) parts.targets.push_back(plugins.create_transport(target.transport));
  return run_job(job, std::move(parts), options);
}

JobReport run_job(const JobConfig& job, JobParts parts, const RunOptions& options) {
  return JobRun(job, std::move(parts), options).run();
}

}  // namespace czb
