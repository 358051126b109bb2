# Makes models.csv, with R 4.2.2 and the packages that it names in the last column:
# Rscript models.R <the folder `datasets` of statsmodels> > models.csv
suppressMessages({library(metafor); library(VGAM); library(mice); library(brglm2)})

line <- function(case, test, quantity, value, package) {
  made_by <- paste(package, packageVersion(package))
  cat(sprintf("%s,%s,%s,%.15g,%s\n", case, test, quantity, value, made_by), sep = "")
}
cat("case,test,quantity,value,made_by\n")

# Strata: sex by admission or survival in each department or class.
strata <- list(ucb = aperm(UCBAdmissions, c(2, 1, 3)), titanic = apply(Titanic, c("Sex", "Survived", "Class"), sum))
for (case in names(strata)) {
  cell <- function(i, j) strata[[case]][i, j, ]
  found <- rma.mh(measure = "OR", ai = cell(1, 1), bi = cell(1, 2), ci = cell(2, 1), di = cell(2, 2), correct = FALSE)
  values <- c(common = exp(found$beta[[1]]), low = exp(found$ci.lb), high = exp(found$ci.ub), p = found$MHp,
              tarone = found$TA, tarone_p = found$TAp)
  line(case, "Mantel-Haenszel", names(values), values, "metafor")
}

# Pooling over regions.
estimates <- list(apart = c(0.1, 0.9, 0.3, 0.15), near = c(0.2, 0.35, 0.1, 0.3, 0.28))
variances <- list(apart = c(0.01, 0.02, 0.01, 0.03), near = c(0.01, 0.02, 0.04, 0.03, 0.01))
for (case in names(estimates)) {
  found <- rma(estimates[[case]], variances[[case]], method = "PM", test = "adhoc",
               control = list(tol = 1e-15, maxiter = 1000))
  values <- c(value = found$beta[[1]], low = found$ci.lb, high = found$ci.ub, tau = sqrt(found$tau2))
  line(case, "pooled", names(values), values, "metafor")
}

# Rubin's rules, with the degrees of freedom of Barnard and Rubin: of three terms, 60 pupils.
found <- pool.scalar(estimates$apart, variances$apart, n = 60, k = 3, rule = "rubin1987")
values <- c(b = found$qbar, se = sqrt(found$t), df = found$df, fmi = found$fmi)
line("apart", "Rubin", names(values), values, "mice")

# Marriages rated up to 3, 4 or 5.
fair <- read.csv(file.path(commandArgs(TRUE), "fair", "fair.csv"))
fair <- transform(fair, rating = factor(pmax(rate_marriage, 3), ordered = TRUE), skilled = +(occupation >= 4),
                  children = pmin(floor(children), 3))
tight <- vglm.control(epsilon = 1e-10, maxit = 100, criterion = "coefficients")
formula <- rating ~ skilled + children
fits <- list(ordinal = vglm(formula, cumulative(parallel = TRUE, reverse = TRUE), fair, control = tight),
             departing = vglm(formula, cumulative(parallel = FALSE, reverse = TRUE), fair, control = tight),
             multinomial = vglm(factor(rating, ordered = FALSE) ~ skilled + children, multinomial(refLevel = 1), fair,
                                control = tight))
for (test in names(fits)) {
  found <- coef(summary(fits[[test]]))
  line("fair", paste(test, rownames(found)), "b", found[, 1], "VGAM")
  line("fair", paste(test, rownames(found)), "se", found[, 2], "VGAM")
  line("fair", test, "log_likelihood", logLik(fits[[test]]), "VGAM")
}

# Children of the first and second class all survived, so that the interaction is separated.
titanic <- transform(as.data.frame(Titanic), y = +(Survived == "Yes"), child = +(Age == "Child"),
                     female = +(Sex == "Female"), second = +(Class == "2nd"), third = +(Class == "3rd"))
found <- glm(y ~ female + child + second + third + child:second + child:third, binomial,
             titanic[titanic$Class != "Crew", ], weights = Freq, method = "brglmFit", type = "AS_mean", epsilon = 1e-14,
             maxit = 10000)
line("titanic", paste("Firth", names(coef(found))), "b", coef(found), "brglm2")
line("titanic", paste("Firth", names(coef(found))), "se", sqrt(diag(vcov(found))), "brglm2")
